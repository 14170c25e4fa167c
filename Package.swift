// swift-tools-version: 6.2
import PackageDescription

/// Language features on for every target: explicit `any`, imports internal unless said otherwise, members visible
/// only through the module that is imported, and lifetime annotations for readers that borrow their bytes.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableExperimentalFeature("Lifetimes"),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
    path: "Tests/" + name, swiftSettings: settings)
}

func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name,
    dependencies: [
      "ToolKit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ] + dependencies,
    swiftSettings: settings)
}

let package = Package(
  name: "hypertools",
  products: [
    .library(name: "Hypercore", targets: ["Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    .library(name: "Corestore", targets: ["Corestore"]),
    .library(name: "HypercoreArchive", targets: ["HypercoreArchive"]),
    .library(name: "Hyperbee", targets: ["Hyperbee"]),
    .library(name: "HyperDB", targets: ["HyperDB", "Hyperschema", "Hyperdispatch", "IndexEncoder"]),
    .library(name: "Autobase", targets: ["Autobase"]),
    .library(name: "AutobaseClassic", targets: ["AutobaseClassic"]),
    .library(name: "GraphDrawing", targets: ["GraphDrawing"]),
    .library(name: "ProtomuxRPC", targets: ["ProtomuxRPC", "Protomux"]),
    .library(name: "Registry", targets: ["Registry", "JSON"]),
    .library(name: "Replication", targets: ["Replication", "Protomux"]),
    .library(name: "Transport", targets: ["Transport"]),
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

    // Bytes: pure encodings.
    library("JSON"),
    library("CompactEncoding", ["JSON"]),
    library("IndexEncoder", ["CompactEncoding"]),
    library("Pipelines"),

    // Signed logs.
    library("HypercoreCrypto", ["CSodium", "CompactEncoding"]),
    library("Hypercore", ["HypercoreCrypto", "CompactEncoding"]),
    library("Corestore", ["CSQLite", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),

    // Databases on a log.
    library("Hyperbee", ["IndexEncoder", "JSON", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    library("Hyperschema", ["JSON", "CompactEncoding"]),
    library("Hyperdispatch", ["JSON", "Hyperschema", "CompactEncoding"]),
    library("HyperDB", ["JSON", "Hyperschema", "Hyperbee", "IndexEncoder", "Hypercore", "CompactEncoding"]),

    // Many logs, one order.
    library("Autobase", ["Hyperbee", "IndexEncoder", "Hypercore", "HypercoreCrypto", "CompactEncoding", "Corestore"]),

    library("AutobaseClassic", ["Autobase", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),

    // Logs and stores in one file.
    library("ZstdFrames", ["CZstd", "Pipelines"]),
    library("StoreBackup", ["ZstdFrames", "JSON", "Corestore", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    library(
      "HypercoreArchive",
      ["ZstdFrames", "Pipelines", "Corestore", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),

    // Orders of nodes as text and pictures.
    library("GraphDrawing", ["AutobaseClassic", "Autobase", "CompactEncoding"]),

    // The wire.
    library("Protomux", ["CompactEncoding", "HypercoreCrypto"]),
    library("ProtomuxRPC", ["Protomux", "CompactEncoding", "HypercoreCrypto"]),
    library("Replication", ["Protomux", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    library(
      "Transport",
      [
        "Replication", "Hypercore", "ProtomuxRPC", "Protomux", "HypercoreCrypto", "CompactEncoding",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    // The registry and what the six tools share.
    library(
      "Registry",
      [
        "JSON", "Autobase", "HyperDB", "IndexEncoder", "Hyperschema", "Hyperdispatch", "Corestore", "Hypercore",
        "HypercoreCrypto", "CompactEncoding",
      ]),
    library(
      "RegistryNode",
      [
        "Registry", "Replication", "Autobase", "Corestore", "Hypercore", "ProtomuxRPC", "HypercoreCrypto",
        "CompactEncoding",
      ]),
    library(
      "ToolKit",
      [
        "CMalloc", "JSON", "CompactEncoding", "HypercoreCrypto",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    library(
      "StoreToolKit",
      [
        "ToolKit", "Autobase", "HypercoreArchive", "Corestore", "Hypercore", "HypercoreCrypto", "CompactEncoding",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    library(
      "ApplyProgram",
      ["ToolKit", "Autobase", "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding"]),
    library("RegistryToolKit", ["ToolKit", "RegistryNode", "HypercoreCrypto"]),
    library(
      "TransportToolKit",
      [
        "ToolKit", "Transport", "CompactEncoding",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    tool(
      "hc-log",
      [
        "StoreToolKit", "TransportToolKit", "Transport", "Replication", "Protomux", "AutobaseClassic", "Autobase",
        "HypercoreArchive", "ZstdFrames", "Corestore", "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding",
      ]),
    tool(
      "registry-admin",
      [
        "StoreToolKit", "RegistryToolKit", "RegistryNode", "Registry", "Autobase", "HyperDB", "Hyperschema",
        "Hyperdispatch", "StoreBackup", "Corestore",
        "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding", "CSQLite", "CSodium",
      ]),

    tool(
      "ab-linearize",
      [
        "StoreToolKit", "GraphDrawing", "ApplyProgram", "Registry", "AutobaseClassic", "Autobase", "HypercoreArchive",
        "Pipelines", "Corestore", "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding",
      ]),

    tool(
      "hdb-view",
      [
        "StoreToolKit", "RegistryToolKit", "TransportToolKit", "Transport", "Replication", "Protomux", "RegistryNode",
        "Registry", "HyperDB", "Hyperbee", "Hyperschema", "Hyperdispatch",
        "IndexEncoder", "Autobase", "Corestore", "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding",
      ]),
    tool(
      "rpc-serve",
      [
        "StoreToolKit", "RegistryToolKit", "TransportToolKit", "Transport", "Replication", "Protomux", "RegistryNode",
        "Registry", "Autobase", "Corestore", "ProtomuxRPC",
        "HypercoreCrypto",
        "JSON", "CompactEncoding", .product(name: "Logging", package: "swift-log"),
      ]),
    tool(
      "rpc-call",
      [
        "TransportToolKit", "Transport", "ProtomuxRPC", "RegistryNode", "Registry", "Hyperschema", "HypercoreCrypto",
        "JSON", "CompactEncoding",
      ]),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["JSON", "CompactEncoding"], path: "Tests/TestSupport", swiftSettings: settings
    ),
    // Proofs and manifests as the vectors write them.
    .target(
      name: "HypercoreTestSupport",
      dependencies: ["TestSupport", "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding"],
      path: "Tests/HypercoreTestSupport", swiftSettings: settings),
    // A disk below SQLite whose power can be cut.
    .target(name: "TestDisk", dependencies: ["CSQLite"], path: "Tests/TestDisk", swiftSettings: settings),
    tests("JSON"),
    // Every decoder with what must hold for any input, for the tests and for the fuzzers; see docs/fuzzing.md.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "ToolKit", "ApplyProgram", "AutobaseClassic", "HypercoreArchive", "StoreBackup", "ZstdFrames", "RegistryNode",
        "Registry", "Autobase", "HyperDB", "Hyperdispatch", "Hyperschema",
        "Hyperbee", "Corestore", "Replication", "ProtomuxRPC", "Protomux", "Hypercore", "HypercoreCrypto",
        "IndexEncoder", "CompactEncoding", "JSON", "TestSupport",
      ], path: "Tests/FuzzTargets", swiftSettings: settings),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"], path: "Tests/Fuzz", swiftSettings: settings),
    // A cluster in one process, with a virtual clock, network and disks; see docs/simulation.md.
    .target(
      name: "SimulationKit",
      dependencies: [
        "TestSupport", "RegistryNode", "Registry", "Autobase", "Replication", "Protomux", "Corestore", "Hypercore",
        "HypercoreCrypto", "CompactEncoding",
      ], path: "Tests/SimulationKit", swiftSettings: settings),
    .executableTarget(
      name: "simulate", dependencies: ["SimulationKit"], path: "Tests/Simulate", swiftSettings: settings),
    .testTarget(
      name: "SimulationTests", dependencies: ["SimulationKit"], path: "Tests/Simulation", swiftSettings: settings),
    // A server that callers can be tried against.
    .executableTarget(
      name: "rpc-test-server",
      dependencies: ["Transport", "ProtomuxRPC", "RegistryNode", "Registry", "HypercoreCrypto", "CompactEncoding"],
      path: "Tests/TestServer", swiftSettings: settings),
    .testTarget(
      name: "RPCCallTests", dependencies: ["rpc-call", "ProtomuxRPC", "TestSupport"], path: "Tests/RPCCall",
      swiftSettings: settings),
    // Runs the built tools; the modules make what they work on.
    .testTarget(
      name: "ToolsTests",
      dependencies: [
        "TestSupport", "JSON", "Transport", "ProtomuxRPC", "RegistryNode", "Registry", "Autobase", "Corestore",
        "Hypercore", "HypercoreCrypto", "CompactEncoding",
      ], path: "Tests/Tools", swiftSettings: settings),
    tests("ToolKit", ["JSON", "CompactEncoding"]),
    tests(
      "ApplyProgram",
      ["ToolKit", "Autobase", "Hypercore", "HypercoreCrypto", "JSON", "CompactEncoding"]),
    tests("CompactEncoding", ["JSON"]),
    tests("Hyperschema", ["JSON", "CompactEncoding"]),
    tests(
      "Registry",
      [
        "JSON", "Autobase", "HyperDB", "Hyperschema", "Hyperdispatch", "Hypercore", "HypercoreCrypto",
        "CompactEncoding",
      ]),
    tests(
      "RegistryNode",
      [
        "TestDisk", "Registry", "Replication", "Protomux", "Autobase", "Corestore", "ProtomuxRPC", "Hypercore",
        "HypercoreCrypto", "CompactEncoding",
      ]),
    tests("Hyperdispatch", ["JSON", "CompactEncoding", "Hyperschema"]),
    tests("Hypercore", ["HypercoreTestSupport", "JSON", "HypercoreCrypto", "CompactEncoding"]),
    tests("GraphDrawing", ["AutobaseClassic", "JSON", "Autobase", "HypercoreCrypto", "CompactEncoding"]),
    tests("Autobase", ["JSON", "Hyperbee", "Hypercore", "HypercoreCrypto", "CompactEncoding", "Corestore"]),
    tests(
      "AutobaseClassic",
      ["TestDisk", "Corestore", "JSON", "Autobase", "Hyperbee", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    tests("IndexEncoder", ["JSON", "CompactEncoding"]),
    tests("Pipelines"),
    tests("HyperDB", ["Corestore", "JSON", "Hyperschema", "Hyperbee", "IndexEncoder", "Hypercore", "CompactEncoding"]),
    tests("Hyperbee", ["JSON", "IndexEncoder", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    tests("HypercoreCrypto", ["JSON", "CompactEncoding"]),
    tests("Protomux", ["JSON", "CompactEncoding"]),
    .executableTarget(
      name: "store-helper", dependencies: ["Corestore", "Hypercore"], path: "Tests/StoreHelper", swiftSettings: settings
    ),
    tests(
      "Corestore",
      ["TestDisk", "store-helper", "Hypercore", "HypercoreCrypto", "CompactEncoding", "JSON", "CSQLite"]),
    tests("HypercoreArchive", ["ZstdFrames", "Corestore", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    tests(
      "StoreBackup", ["store-helper", "Corestore", "Hypercore", "HypercoreCrypto", "CompactEncoding"]),
    tests(
      "Transport",
      [
        .product(name: "Logging", package: "swift-log"), "ProtomuxRPC", "Protomux", "HypercoreCrypto",
        "CompactEncoding",
      ]),
    tests("ProtomuxRPC", ["JSON", "Protomux", "HypercoreCrypto", "CompactEncoding"]),
    tests(
      "Replication",
      [
        "HypercoreTestSupport", "AutobaseClassic", "JSON", "Protomux", "Corestore", "Hypercore", "HypercoreCrypto",
        "CompactEncoding",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
