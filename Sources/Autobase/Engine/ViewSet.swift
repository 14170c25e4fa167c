import CompactEncoding
import Hypercore

/// The views of a base as a store holds them, found again when the base is opened (spec 03 §7.6, §13.1).
struct ViewSet {
  static let encryptionName = "_encryption"

  let system: SystemView
  let encryption: View
  let user: [View]

  init(
    boot: BootRecord?, names: ViewIdentity, application: any Application, storage: any BaseStorage,
    encryptionKey: Fixed32?
  ) throws {
    func open(_ name: String, _ core: any ViewStorage) throws -> View {
      try View(name: name, storage: core, cipher: nil)
    }
    func genesis(_ name: String) throws -> View { try open(name, storage.view(names.genesisManifest(name))) }

    guard let boot else {
      system = try SystemView(genesis(SystemView.name))
      encryption = try genesis(Self.encryptionName)
      user = try application.viewNames.map { try genesis($0) }
      return
    }
    guard let core = try storage.view(key: boot.key) else {
      throw AutobaseError.corrupt("the system core \(boot.key) is not stored")
    }
    system = try SystemView(open(SystemView.name, core))
    let info = try system.info(at: boot.systemLength)
    let indexers = try info.indexers.map { try Self.manifest(of: $0.key, storage) }
    let version = core.manifest.version
    let linked = try core.manifest.linked?.first.flatMap { try storage.view(key: $0) }
    encryption = try open(
      Self.encryptionName,
      linked
        ?? storage.view(
          names.manifest(Self.encryptionName, indexers: indexers, version: version, entropy: info.entropy)))
    let listed = try info.views.map { try storage.view(key: $0.key) }
    var opened: Set<Int> = []
    user = try application.viewNames.map { name in
      let fresh = names.manifest(name, indexers: indexers, version: version, entropy: info.entropy)
      let namespace = fresh.signers.first?.namespace
      let index = listed.firstIndex { core in
        core.map { $0.key == fresh.key || namespace != nil && $0.manifest.signers.first?.namespace == namespace }
          ?? false
      }
      guard let index, let core = listed[index] else { return try open(name, storage.view(fresh)) }
      let view = try open(name, core)
      view.mappedIndex = index
      opened.insert(index)
      return view
    }
    system.reservedViews = (info.views.indices.last { !opened.contains($0) } ?? -1) + 1
  }

  static func manifest(of writer: Fixed32, _ storage: any BaseStorage) throws -> Manifest {
    guard let manifest = try storage.writer(writer).manifest else { throw AutobaseError.manifestUnknown(writer) }
    return manifest
  }
}
