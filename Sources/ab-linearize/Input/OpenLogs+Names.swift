import Autobase
import AutobaseClassic
import CompactEncoding
import GraphDrawing
import HypercoreCrypto
import StoreToolKit
import ToolKit

extension OpenLogs {
  /// What a log is called in lines for people: its name, else as much of its key as tells it from other inputs.
  func label(_ key: Fixed32, hex: Bool = false) -> String {
    if !hex, let name = name(key) { return name }
    return NodeNames(inputs.map(\.key) + [key], hex: hex)(key)
  }

  /// What a log is called in messages: its name, else its key.
  func text(_ key: Fixed32) -> String { name(key) ?? KeyIdentifier.encode(key) }

  /// Runs `body`; in its errors, logs are called by their names.
  func naming<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch { throw named(error) }
  }

  /// The error with logs called by their names.
  func named(_ error: any Error) -> any Error {
    switch error {
    case let error as ClassicError: error.toolError(text)
    case let error as ViewError: error.toolError(text)
    case let error as ApplyError: error.toolError(text)
    default: error
    }
  }

  /// The key that a name on the command line stands for: a whole key, the name of a log, or the beginning of the key of
  /// an input.
  func key(_ text: String) throws -> Fixed32 {
    if let key = try? KeyIdentifier.decode(text) { return key }
    if let reference = LogReference(argument: text), let log = try? find(reference) { return log.key }
    return try NodeNames(inputs.map(\.key), hex: false).find("\(text):1").key
  }
}
