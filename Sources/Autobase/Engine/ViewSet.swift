import CompactEncoding
import Hypercore

/// The view cores of a base as a store holds them, found when the base is opened (spec 03 §7.6, §13.1).
struct ViewSet {
  static let encryptionName = "_encryption"

  var system: any ViewStorage
  var encryption: any ViewStorage
  /// In the order of the application's view names: the core, and its place in the indexed list of views.
  var user: [(storage: any ViewStorage, mappedIndex: Int?)]
  /// Leading places of the list of views that belong, or may belong, to views not opened here.
  var reservedViews = 0

  /// The cores of a base in which nothing was applied.
  init(genesis names: ViewIdentity, _ viewNames: [String], _ storage: any BaseStorage) throws {
    func core(_ name: String) throws -> any ViewStorage { try storage.view(names.genesisManifest(name)) }
    system = try core(SystemView.name)
    encryption = try core(Self.encryptionName)
    user = try viewNames.map { (try core($0), nil) }
  }

  /// The cores of a base whose system core `system` is at the indexed state `info`.
  ///
  /// - Parameter linked: the core that the system core's manifest names, if it does and it is stored.
  init(
    _ info: SystemInfo, system: any ViewStorage, linked: (any ViewStorage)?, _ names: ViewIdentity,
    _ viewNames: [String], _ storage: any BaseStorage
  ) throws {
    self.system = system
    let indexers = try info.indexers.map { try Self.manifest(of: $0.key, storage) }
    let version = system.manifest.version
    func fresh(_ name: String) -> Manifest {
      names.manifest(name, indexers: indexers, version: version, entropy: info.entropy)
    }
    if let linked {
      encryption = try Self.encryption(after: linked, system.manifest, info, indexers, names, storage)
    } else {
      encryption = try storage.view(fresh(Self.encryptionName))
    }
    let listed = try info.views.map { try storage.view(key: $0.key) }
    user = []
    for name in viewNames {
      let manifest = fresh(name)
      let namespace = manifest.signers.first?.namespace
      let index = listed.firstIndex { core in
        guard let core else { return false }
        return core.key == manifest.key || namespace != nil && core.manifest.signers.first?.namespace == namespace
      }
      if let index, let core = listed[index] {
        user.append((core, index))
      } else {
        user.append((try storage.view(manifest), nil))
      }
    }
    reservedViews = (info.views.indices.last { i in !user.contains { $0.mappedIndex == i } } ?? -1) + 1
  }

  /// The encryption view beside a system core: the linked one, or the one that this became with the indexers of the
  /// system core. Which of them the manifest names depends on the version that made it.
  private static func encryption(
    after linked: any ViewStorage, _ system: Manifest, _ info: SystemInfo, _ indexers: [Manifest],
    _ names: ViewIdentity, _ storage: any BaseStorage
  ) throws -> any ViewStorage {
    if linked.manifest.signers.map(\.publicKey) == system.signers.map(\.publicKey) { return linked }
    let tree = try MerkleTree(length: info.encryptionLength, fork: 0, from: linked)
    let manifest = names.manifest(
      encryptionName, indexers: indexers,
      prologue: Manifest.Prologue(hash: tree.hash, length: info.encryptionLength), version: system.version,
      entropy: info.entropy, linked: linked.manifest.linked, userData: linked.manifest.userData)
    return try storage.view(key: manifest.key) ?? linked
  }

  /// A writer's own manifest.
  static func manifest(of writer: Fixed32, _ storage: any BaseStorage) throws -> Manifest {
    guard let manifest = try storage.writer(writer).manifest else { throw AutobaseError.manifestUnknown(writer) }
    return manifest
  }
}
