import CompactEncoding
import Hypercore

extension Autobase {
  /// The manifest that a view gets with the indexers of the info under way.
  func nextManifest(_ view: View, length: UInt64, _ indexers: [Manifest], _ tree: MerkleTree) -> Manifest {
    identity.manifest(
      view.name, indexers: indexers, prologue: Manifest.Prologue(hash: tree.hash, length: length),
      version: system.view.manifest.version, entropy: info.entropy, linked: view.manifest.linked,
      userData: view.manifest.userData)
  }

  /// Computes the keys that the views will have once the node under way, which changes the indexers, is indexed.
  func setNextKeys() throws {
    system.updateEntropy()
    let indexers = try info.indexers.map { try ViewSet.manifest(of: $0.key, storage) }
    for view in userViews {
      view.systemKey = nextManifest(view, length: view.length, indexers, try view.tree(at: view.length)).key
    }
  }

  /// Stores a round whose last indexed node changed the set of indexers, and moves all views to the cores of the new
  /// set. What was applied behind that node is dropped: it will be ordered and applied again (spec 03 §9).
  func migrate(_ localNodes: [Node]) throws {
    try truncate(to: indexedLength)
    updates.reset()
    let indexers = try info.indexers.map { try ViewSet.manifest(of: $0.key, storage) }
    var manifests: [(view: View, manifest: Manifest)] = []
    for view in userViews + [encryption] {
      manifests.append((view, nextManifest(view, length: view.length, indexers, try view.tree(at: view.length))))
    }
    let tree = try system.view.tree(at: system.length)
    var next = nextManifest(system.view, length: system.length, indexers, tree)
    if next.version > 1 {
      next.linked = [options.linksOldEncryption ? encryption.key : manifests[manifests.count - 1].manifest.key]
    }
    manifests.append((system.view, next))
    try flush(localNodes, next: next.key)
    try move(manifests)
  }

  /// Moves views to other cores.
  func move(_ manifests: [(view: View, manifest: Manifest)]) throws {
    for (view, manifest) in manifests {
      let core = try storage.move(view.storage, to: manifest)
      try core.remember(name: view.name, of: key)
      view.move(to: core)
    }
  }
}
