extension ClassicAutobase {
  /// Makes the ``view``. Nothing is applied before its first update.
  ///
  /// - Parameters:
  ///   - apply: what the view is made of; by default the values of the inputs, unchanged.
  ///   - unwrap: whether the view gives values instead of whole entries when it is read as a log.
  /// - Throws: ``ClassicError/alreadyStarted`` the second time.
  public func start(apply: ApplyFunction? = nil, unwrap: Bool = false) throws {
    guard !started else { throw ClassicError.alreadyStarted }
    makeView(apply: apply, unwrap: unwrap)
  }

  func makeView(apply: ApplyFunction?, unwrap: Bool) {
    let core = ViewCore(
      base: self, format: options.newFormat, unwraps: unwrap,
      apply: apply ?? { batch, context in try context.view.append(batch.compactMap(\.node.value)) })
    view = LinearizedView(core, unwraps: unwrap)
  }
}
