public import AutobaseClassic
public import HypercoreArchive

extension ArchivedLog: CausalLog {}
