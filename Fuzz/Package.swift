// swift-tools-version: 6.2
import PackageDescription

/// The fuzzers stand in a package of their own: they are built with instrumented code and with libFuzzer's `main`, and
/// nothing of that may be in the way of the tools. What they try, and what must hold, is in `Tests/FuzzTargets` of the
/// main package; this package only connects it to libFuzzer. See docs/fuzzing.md.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .unsafeFlags(["-parse-as-library"]),
]

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "hypertools", path: "..")],
  targets: [
    .target(name: "CAllocations"),
    .executableTarget(
      name: "fuzz",
      dependencies: ["CAllocations", .product(name: "FuzzTargets", package: "hypertools")],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
