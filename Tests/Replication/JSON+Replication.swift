import CompactEncoding
import Hypercore
import HypercoreTestSupport
import JSON
import TestSupport

@testable import Replication

extension JSON {
  /// A sync as the vectors write it.
  func sync() throws -> SyncMessage {
    SyncMessage(
      fork: try number("fork"), length: try number("length"), remoteLength: try number("remoteLength"),
      canUpgrade: try flag("canUpgrade"), uploading: try flag("uploading"), downloading: try flag("downloading"),
      hasManifest: try flag("hasManifest"), allowPush: try flag("allowPush"))
  }

  /// A request with its id as the vectors write it.
  func requestMessage() throws -> RequestMessage {
    RequestMessage(
      id: try number("id"), fork: try number("fork"),
      request: try JSON.object(try parts()).request(), priority: try number("priority"))
  }

  private func parts() throws -> JSONObject {
    var parts = JSONObject()
    for (key, part) in object ?? JSONObject() where !["id", "fork", "priority"].contains(key) { parts[key] = part }
    return parts
  }
}
