import Hypercore

extension ClassicAutobase {
  /// A base that is started at once, if `apply` is given or `autostart` is true; see ``start(apply:unwrap:)``.
  public convenience init(
    inputs: [any CausalLog] = [], outputs: [any CausalLog] = [], localInput: WritableLog? = nil,
    localOutput: WritableLog? = nil, options: Options = .init(), autostart: Bool, apply: ApplyFunction? = nil,
    unwrap: Bool = false
  ) {
    self.init(
      inputs: inputs, outputs: outputs, localInput: localInput, localOutput: localOutput, options: options)
    if autostart || apply != nil { makeView(apply: apply, unwrap: unwrap) }
  }

  /// The linearized view; nil before ``start(apply:unwrap:)``.
  ///
  /// Before its first update it shows what the local output has, and is empty without one.
  public var view: LinearizedView? { startedView as? LinearizedView }

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

  private func makeView(apply: ApplyFunction?, unwrap: Bool) {
    let core = ViewCore(
      base: self, format: options.newFormat, unwraps: unwrap,
      apply: apply ?? { batch, context in try context.view.append(batch.compactMap(\.node.value)) })
    startedView = LinearizedView(core, unwraps: unwrap)
  }
}

extension LinearizedView: StartedView {
  /// A view is updated when somebody asks for it.
  func inputsChanged() {}
  func close() {}
}
