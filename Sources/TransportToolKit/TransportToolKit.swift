/// # TransportToolKit
///
/// What the tools that use the network share: how a server is named on the command line, and how a main thread waits for
/// what happens on the thread of connections.
