import Hypercore

/// What the application asked for.
struct Asks {
  typealias GetCompletion = (Result<Void, ReplicationError>) -> Void
  typealias SeekCompletion = (Result<(index: UInt64, offset: UInt64), ReplicationError>) -> Void

  enum Kind { case get(UInt64), seek, update }

  struct Seek {
    let token: RequestToken
    let bytes: UInt64
    let completion: SeekCompletion
    var isAsked = false
    /// Peers whose answer did not help.
    var useless: Set<Int> = []
  }

  struct Update {
    let token: RequestToken
    let length: UInt64
    let fork: UInt64
    let completion: (Bool) -> Void
  }

  /// Most blocks, seeks and updates that may be asked for at once.
  static let limit = 65_536

  var kinds: [RequestToken: Kind] = [:]
  /// Who asked for which block.
  var gets: [UInt64: [(token: RequestToken, completion: GetCompletion)]] = [:]
  /// Blocks that were asked for here and at no peer yet.
  var open: [UInt64] = []
  var seeks: [Seek] = []
  var updates: [Update] = []
  private var lastToken: UInt64 = 0

  var isEmpty: Bool { kinds.isEmpty }

  mutating func makeToken(_ kind: Kind) -> RequestToken {
    lastToken += 1
    let token = RequestToken(number: lastToken)
    kinds[token] = kind
    return token
  }

  mutating func removeAll() {
    kinds.removeAll()
    gets.removeAll()
    open.removeAll()
    seeks.removeAll()
    updates.removeAll()
  }
}
