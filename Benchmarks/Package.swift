// swift-tools-version: 6.2
import PackageDescription

/// The benchmarks stand in a package of their own, so that nothing they need ever slows the build of the tools.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "hypertools", path: "..")],
  targets: [
    .systemLibrary(name: "CLimits", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev", "libsodium-dev", "libzstd-dev"])]),
    .executableTarget(
      name: "bench",
      dependencies: [
        "CLimits",
        .product(name: "Hypercore", package: "hypertools"),
        .product(name: "Autobase", package: "hypertools"),
        .product(name: "AutobaseClassic", package: "hypertools"),
        .product(name: "Corestore", package: "hypertools"),
        .product(name: "GraphDrawing", package: "hypertools"),
        .product(name: "HypercoreArchive", package: "hypertools"),
        .product(name: "Hyperbee", package: "hypertools"),
        .product(name: "HyperDB", package: "hypertools"),
        .product(name: "ProtomuxRPC", package: "hypertools"),
        .product(name: "Registry", package: "hypertools"),
        .product(name: "Replication", package: "hypertools"),
        .product(name: "Transport", package: "hypertools"),
      ],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
