import Synchronization

/// A progress line on stderr: shown only on a terminal, drawn at most ten times a second, gone at the end. Elsewhere,
/// when it is asked for, a line of its own each second and one at the end.
public struct Progress: ~Copyable {
  private let label: String
  private let total: UInt64?
  private let style: Style
  private let began = System.monotonicMilliseconds
  private var done: UInt64 = 0
  private var nextDrawing: Int64

  private enum Style { case hidden, redrawn, lines }

  /// Whether a progress line stands on the terminal; a message erases it first.
  private static let isDrawn = Atomic(false)

  /// A line for `label`; with a total it shows a bar and the time that is left, without one a count.
  ///
  /// - Parameter always: whether it is shown where stderr is no terminal, too.
  public init(_ label: String, total: UInt64? = nil, always: Bool = false) {
    self.label = label
    self.total = total
    let canRedraw = Terminal.errorIsTerminal && Terminal.colourOrCursorIsKnown
    style = canRedraw ? .redrawn : always ? .lines : .hidden
    nextDrawing = began + (canRedraw ? 200 : 1000)
  }

  /// Whether anything is shown: what costs something to find out need not be found out for nobody.
  public static func isShown(always: Bool) -> Bool {
    always || Terminal.errorIsTerminal && Terminal.colourOrCursorIsKnown
  }

  deinit {
    if style == .lines, done > 0 { Messages.note(text(at: System.monotonicMilliseconds)) }
    Progress.erase()
  }

  /// Counts `count` more as done.
  public mutating func advance(by count: UInt64 = 1) {
    done += count
    guard style != .hidden else { return }
    let now = System.monotonicMilliseconds
    guard now >= nextDrawing else { return }
    guard style == .redrawn else {
      nextDrawing = now + 1000
      return Messages.note(text(at: now))
    }
    nextDrawing = now + 100
    Progress.isDrawn.store(true, ordering: .relaxed)
    var line = "\r" + text(at: now) + "\u{1b}[K"
    _ = line.withUTF8 { System.writeAll(2, UnsafeRawBufferPointer($0)) }
  }

  /// The bytes that take a drawn line away, or nothing.
  static var erasure: String { isDrawn.exchange(false, ordering: .relaxed) ? "\r\u{1b}[K" : "" }

  private static func erase() {
    var text = erasure
    if !text.isEmpty { _ = text.withUTF8 { System.writeAll(2, UnsafeRawBufferPointer($0)) } }
  }

  private func text(at now: Int64) -> String {
    Progress.text(label, done: done, total: total, milliseconds: now - began)
  }

  static func text(_ label: String, done: UInt64, total: UInt64?, milliseconds: Int64) -> String {
    let rate = milliseconds > 0 ? UInt64(Double(done) * 1000 / Double(milliseconds)) : 0
    guard let total, total > 0 else { return "\(label) \(done), \(rate)/s" }
    let part = min(Double(done) / Double(total), 1)
    let filled = Int(part * 24)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 24 - filled)
    let left = rate > 0 && done < total ? ", \((total - done) / rate) s left" : ""
    return "\(label) [\(bar)] \(done)/\(total), \(rate)/s\(left)"
  }
}
