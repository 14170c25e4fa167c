/// Draws orders of nodes: a line a node, a lane a writer; as text, as SVG and in the language of graphviz.
///
/// Three steps, each of which can be looked at alone:
///
/// 1. A ``GraphSource`` is an order of nodes: that of a base with indexers, or the causal order of classic inputs. It
///    tells each node, what it refers to and where it stands; nothing is copied out of it before it is shown.
/// 2. A ``GraphSelection`` says which places are shown: a range, or of a long one the nodes that tell most of it, with
///    what lies between them folded. From both comes an ``OrderGraph``.
/// 3. ``GraphText``, ``GraphVector`` and ``GraphDot`` draw that, and write line by line.
///
/// Bytes that others wrote appear only through ``DisplayText``, which leaves no control character in them.
public enum GraphDrawing {}
