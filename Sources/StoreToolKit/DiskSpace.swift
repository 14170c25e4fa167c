import Glibc
import ToolKit

/// The space on the disk that a store is on.
public enum DiskSpace {
  /// With less than this, commits fail soon.
  private static let least: UInt64 = 1 << 20

  /// Bytes that are free for the store in `directory`; nil when the system cannot tell.
  public static func free(_ directory: String) -> UInt64? {
    var disk = statvfs()
    guard statvfs(directory, &disk) == 0 else { return nil }
    return UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
  }

  /// What is waited for, in a line for people, when there is too little space for the store in `directory` to go on.
  public static func shortage(_ directory: String) -> String? {
    guard let free = free(directory), free < least else { return nil }
    return "space on the disk: \(SizeArgument.text(free)) free"
  }
}
