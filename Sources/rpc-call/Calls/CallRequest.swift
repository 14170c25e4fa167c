/// A call to make.
struct CallRequest: Sendable {
  /// The name that the request has and its result line repeats, if any.
  var name: String?
  /// The encoded request.
  var body: [UInt8]
}
