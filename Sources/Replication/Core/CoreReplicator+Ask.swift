import CompactEncoding
import Hypercore

/// What the application asks for.
extension CoreReplicator {
  /// Asks for a block, until it is stored.
  ///
  /// - Parameter completion: called once, perhaps at once.
  @discardableResult
  public func get(
    _ index: UInt64, completion: @escaping (Result<Void, ReplicationError>) -> Void
  ) -> RequestToken {
    let wasDownloading = announcesDownloading
    let token = asks.makeToken(.get(index))
    if let error = refusal {
      finish(token) { completion(.failure(error)) }
    } else if index > maximumSafeInteger {
      finish(token) { completion(.failure(.outOfRange)) }
    } else {
      if asks.gets[index] == nil { asks.open.append(index) }
      asks.gets[index, default: []].append((token, completion))
      if !wasDownloading { downloadingChanged() }
    }
    runSoon()
    return token
  }

  /// Asks where a byte offset lies, until the nodes that tell are stored.
  ///
  /// - Parameters:
  ///   - bytes: offset from the start of the log, paddings not counted.
  ///   - completion: called once with the block's index and the offset in it, perhaps at once.
  @discardableResult
  public func seek(
    bytes: UInt64, completion: @escaping (Result<(index: UInt64, offset: UInt64), ReplicationError>) -> Void
  ) -> RequestToken {
    let token = asks.makeToken(.seek)
    if let error = refusal {
      finish(token) { completion(.failure(error)) }
    } else if bytes > maximumSafeInteger {
      finish(token) { completion(.failure(.outOfRange)) }
    } else {
      asks.seeks.append(Asks.Seek(token: token, bytes: bytes, completion: completion))
    }
    runSoon()
    return token
  }

  /// Looks for a newer head until every peer has told that there is none.
  ///
  /// Peers that still connect are not known here: ask when they are open.
  ///
  /// - Parameter completion: called once with whether length or fork changed, perhaps at once.
  @discardableResult
  public func update(completion: @escaping (Bool) -> Void) -> RequestToken {
    let token = asks.makeToken(.update)
    if refusal != nil {
      finish(token) { completion(false) }
    } else {
      asks.updates.append(
        Asks.Update(token: token, length: state.length, fork: state.fork, completion: completion))
    }
    runSoon()
    return token
  }

  /// Takes back what was asked for; its completion is called with ``ReplicationError/cancelled``, that of an update
  /// with false.
  public func cancel(_ token: RequestToken) {
    switch asks.kinds[token] {
    case .get(let index)?:
      guard var askers = asks.gets[index] else { break }
      for asker in askers where asker.token == token { finish(token) { asker.completion(.failure(.cancelled)) } }
      askers.removeAll { $0.token == token }
      asks.gets[index] = askers.isEmpty ? nil : askers
      if askers.isEmpty { withdraw(index) }
    case .seek?:
      for seek in asks.seeks where seek.token == token { finish(token) { seek.completion(.failure(.cancelled)) } }
      asks.seeks.removeAll { $0.token == token }
    case .update?:
      for update in asks.updates where update.token == token { finish(token) { update.completion(false) } }
      asks.updates.removeAll { $0.token == token }
    case nil: break
    }
    runSoon()
  }

  /// Why nothing can be asked for.
  private var refusal: ReplicationError? {
    if isClosed { return .closed }
    if state.isFrozen { return .frozen }
    return asks.kinds.count > Asks.limit ? .tooManyRequests(limit: Asks.limit) : nil
  }

  private func finish(_ token: RequestToken, _ completion: @escaping () -> Void) {
    asks.kinds[token] = nil
    completions.append(completion)
  }

  /// Nobody asks for the block any more: peers need not answer, unless the policy wants it.
  private func withdraw(_ index: UInt64) {
    asks.open.removeAll { $0 == index }
    guard !policyWants(index) else { return }
    for peer in peers {
      for (id, entry) in peer.requests.outstanding
      where entry.kind == .block && !entry.hasUpgrade && entry.target == index {
        peer.requests.cancel(id)
        peer.send(.cancel, CancelMessage(request: id))
        peer.run = (.max, 0)
        released(entry, by: peer, isRefusal: false)
      }
    }
  }

  /// A block is stored that may have been asked for.
  func finished(_ index: UInt64) {
    guard !asks.gets.isEmpty, let askers = asks.gets.removeValue(forKey: index) else { return }
    for asker in askers { finish(asker.token) { asker.completion(.success(())) } }
  }

  /// Completes what can be completed with what is stored and known now.
  func settleAsks() {
    guard !asks.isEmpty else { return }
    do {
      try log.context.read {
        for index in sawForeignChange ? asks.gets.keys.sorted() : asks.open where try local.contains(index) {
          finished(index)
        }
        sawForeignChange = false
        let gets = asks.gets
        asks.open.removeAll { gets[$0] == nil }
        var open: [Asks.Seek] = []
        for seek in asks.seeks {
          if case .found(let index, let offset) = try log.seekResult(bytes: seek.bytes) {
            finish(seek.token) { seek.completion(.success((index, offset))) }
          } else {
            open.append(seek)
          }
        }
        asks.seeks = open
      }
    } catch {
      storeFailed(error)
    }
    var open: [Asks.Update] = []
    for update in asks.updates {
      let hasChanged = update.length != state.length || update.fork != state.fork
      if hasChanged || isUpToDate {
        finish(update.token) { update.completion(hasChanged) }
      } else {
        open.append(update)
      }
    }
    asks.updates = open
  }

  /// No peer has, or may have, a newer head (spec 02 §8.8).
  private var isUpToDate: Bool {
    guard upgrade == nil, reorg == nil else { return false }
    if peers.contains(where: { !$0.isOpen }) && peers.count(where: \.isActive) < 3 { return false }
    for peer in peers where peer.isActive && peer.pause == nil {
      guard peer.hasSynced else { return false }
      if settings.followsForks && peer.remote.fork > max(state.fork, peer.unprovenFork) && peer.remote.length > 0 {
        return false
      }
      guard peer.remote.fork == state.fork, peer.remote.length > state.length else { continue }
      if state.length == 0 || peer.remote.canUpgrade || peer.remote.remoteLength != state.length { return false }
    }
    return true
  }

  /// Fails everything that was asked for.
  func failAll(_ error: ReplicationError) {
    for (_, askers) in asks.gets.sorted(by: { $0.key < $1.key }) {
      for asker in askers { completions.append { asker.completion(.failure(error)) } }
    }
    for seek in asks.seeks { completions.append { seek.completion(.failure(error)) } }
    for update in asks.updates { completions.append { update.completion(false) } }
    asks.removeAll()
  }
}
