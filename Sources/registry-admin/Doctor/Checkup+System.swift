import CSQLite
import CSodium
import Glibc
import RegistryNode
import ToolKit

extension Checkup {
  // MARK: Programs

  /// The versions of what this program is made of, and what it needs around it.
  static var programs: [Finding] {
    var findings: [Finding] = [
      .ok(
        "versions",
        "registry-admin \(Version.current), SQLite \(String(cString: sqlite3_libversion())), libsodium \(String(cString: sodium_version_string()))"
      )
    ]
    findings.append(
      RunCommand.sibling("rpc-serve") != nil || RunCommand.isOnPath("rpc-serve")
        ? .ok("programs", "rpc-serve is there")
        : .warn("programs", "rpc-serve is neither beside registry-admin nor on the PATH", hint: "`run` needs it"))
    do {
      _ = try Settings()
      findings.append(.ok("settings", "the configuration can be read"))
    } catch {
      findings.append(.fail("settings", error))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      let text = limit.rlim_cur == rlim_t.max ? "no limit of open files" : "\(limit.rlim_cur) files may be open at once"
      findings.append(
        limit.rlim_cur < 256
          ? .warn("limits", text, hint: "raise it with `ulimit -n 1024` before the node starts") : .ok("limits", text))
    }
    return findings
  }

  // MARK: Folder

  /// Whose the store is, and whether it lies where a store can.
  var folder: [Finding] {
    var info = stat()
    guard stat(directory, &info) == 0 else {
      return [
        .fail(
          "folder", ToolError.system("cannot open \(directory)", errno, hint: "`registry-admin init` makes a store"))
      ]
    }
    var findings: [Finding] = []
    if info.st_uid != geteuid() {
      findings.append(
        .warn(
          "folder", "\(directory) belongs to user \(info.st_uid), this is user \(geteuid())",
          hint: "run the tools as the user of the node, files made by others may lock it out"))
    }
    if access(directory, W_OK) != 0 {
      findings.append(
        .fail(
          "folder", .localIO, "\(directory) cannot be written by this user",
          hint: "check its permissions and how it is mounted: the store can be read at most"))
    }
    if let name = Self.fileSystem(of: Setup.absolute(directory)), Self.networkFileSystems.contains(name) {
      findings.append(
        .warn(
          "folder", "\(directory) lies on \(name)",
          hint: "put the store on a local disk: several machines cannot share it, and locks may not hold"))
    }
    return findings.isEmpty ? [.ok("folder", Setup.absolute(directory))] : findings
  }

  /// File systems on which locks and shared memory do not reach other machines.
  private static let networkFileSystems: Set<String> = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "9p", "fuse.sshfs", "fuse.rclone",
  ]

  /// The type of the file system that holds a path, as the kernel's table of mounts names it.
  private static func fileSystem(of path: String) -> String? {
    guard let bytes = try? SpecificationFolder.bytes("/proc/self/mounts") else { return nil }
    var found: (length: Int, type: String)?
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 2 else { continue }
      let point = words[1] == "/" ? "/" : words[1] + "/"
      // Of mounts on the same point, the last one is what is seen.
      if (path + "/").hasPrefix(point), point.count >= found?.length ?? 0 { found = (point.count, String(words[2])) }
    }
    return found?.type
  }

  /// Who is the node of the store.
  var lock: Finding {
    guard let holder = NodeLock.holder(directory: directory) else { return .ok("node", "no node is running") }
    return .ok("node", "a node is running, process \(holder)")
  }

  // MARK: Secrets

  /// Whether the secrets are readable by their owner alone.
  var secretFiles: [Finding] {
    let folder = directory + "/secrets"
    guard let stream = opendir(folder) else {
      return [
        .warn(
          "secrets", "\(folder) cannot be read",
          hint: "restore it from where secrets are kept: without it the store's own logs cannot be written")
      ]
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    let findings = [Self.mode(of: folder, 0o700)] + names.sorted().map { Self.mode(of: "\(folder)/\($0)", 0o600) }
    let bad = findings.compactMap(\.self)
    return bad.isEmpty ? [.ok("secrets", "only their owner can read them (\(names.count))")] : bad
  }

  private static func mode(of path: String, _ wanted: mode_t) -> Finding? {
    var info = stat()
    guard stat(path, &info) == 0 else { return .warn("secrets", "\(path) cannot be examined") }
    let mode = info.st_mode & 0o777
    guard mode & 0o077 != 0 else { return nil }
    return .warn(
      "secrets", "\(path) has mode \(String(mode, radix: 8)): others can read it",
      hint: "chmod \(String(wanted, radix: 8)) \(path)")
  }
}
