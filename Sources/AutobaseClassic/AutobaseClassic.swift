/// # Autobase, the classic API
///
/// Several logs, the *inputs*, are merged into one order that everybody who has the same logs computes alike.
