/// The prepared statements of a connection.
final class Statements {
  let beginRead, beginWrite, commit, rollback, touchSchema: Statement
  let property, putProperty: Statement
  let coreByID, coreByDiscoveryKey, allCores, insertCore, setCoreArea, updateCore: Statement
  let coreByAlias, setAlias, aliases, aliasesOfNamespace, aliasesOfCore: Statement
  let areaByID, draftByName, draftsOfCore, dependents, insertArea, updateArea, deleteArea: Statement
  let block, hasBlock, blockIndexes, nodes, nodesOfRange: Statement
  let putEntry, putBlock, putNodes, copyEntries, deleteBlocks, deleteEntries: Statement
  let userData, putUserData, deleteUserData, userDataKeys, deleteAreaUserData: Statement
  let local, putLocal, deleteLocal, locals, deleteAreaLocal: Statement

  init(_ database: Database) throws(StoreError) {
    func prepare(_ sql: String) throws(StoreError) -> Statement { try Statement(sql, in: database) }
    beginRead = try prepare("BEGIN")
    beginWrite = try prepare("BEGIN IMMEDIATE")
    commit = try prepare("COMMIT")
    rollback = try prepare("ROLLBACK")
    touchSchema = try prepare("SELECT 1 FROM meta LIMIT 1")

    property = try prepare("SELECT value FROM meta WHERE key = ?")
    putProperty = try prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)")

    let core = "SELECT id, discovery_key, key, manifest, public_key, frozen, area FROM cores"
    coreByID = try prepare("\(core) WHERE id = ?")
    coreByDiscoveryKey = try prepare("\(core) WHERE discovery_key = ?")
    allCores = try prepare("\(core) ORDER BY id")
    insertCore = try prepare("INSERT INTO cores(discovery_key, key, manifest, public_key, area) VALUES(?, ?, ?, ?, ?)")
    setCoreArea = try prepare("UPDATE cores SET area = ? WHERE id = ?")
    updateCore = try prepare("UPDATE cores SET manifest = ?, public_key = ?, frozen = ? WHERE id = ?")

    coreByAlias = try prepare("SELECT core FROM aliases WHERE namespace = ? AND name = ?")
    setAlias = try prepare("INSERT OR REPLACE INTO aliases(namespace, name, core) VALUES(?, ?, ?)")
    let alias = "SELECT namespace, name, core FROM aliases"
    aliases = try prepare("\(alias) ORDER BY namespace, name")
    aliasesOfNamespace = try prepare("\(alias) WHERE namespace = ? ORDER BY name")
    aliasesOfCore = try prepare("\(alias) WHERE core = ? ORDER BY namespace, name")

    let area = """
      SELECT id, core, name, dependency_area, dependency_length, fork, length, byte_length, root_hash, signature,
        timestamp, contiguous_length, remote_contiguous_length
      FROM areas
      """
    areaByID = try prepare("\(area) WHERE id = ?")
    draftByName = try prepare("\(area) WHERE core = ? AND name = ?")
    draftsOfCore = try prepare("\(area) WHERE core = ? AND name IS NOT NULL ORDER BY id")
    dependents = try prepare("\(area) WHERE dependency_area = ? ORDER BY id")
    insertArea = try prepare(
      """
      INSERT INTO areas(core, name, dependency_area, dependency_length, fork, length, byte_length, root_hash,
        signature, timestamp)
      VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    updateArea = try prepare(
      """
      UPDATE areas SET dependency_area = ?, dependency_length = ?, fork = ?, length = ?, byte_length = ?,
        root_hash = ?, signature = ?, timestamp = ?, contiguous_length = ?, remote_contiguous_length = ?
      WHERE id = ?
      """)
    deleteArea = try prepare("DELETE FROM areas WHERE id = ?")

    block = try prepare("SELECT value FROM blocks WHERE id = ?")
    hasBlock = try prepare("SELECT 1 FROM blocks WHERE id = ? AND value IS NOT NULL")
    blockIndexes = try prepare(
      "SELECT id FROM blocks WHERE id >= ? AND id < ? AND value IS NOT NULL ORDER BY id LIMIT ?")
    nodes = try prepare("SELECT nodes FROM blocks WHERE id = ?")
    nodesOfRange = try prepare("SELECT id, nodes FROM blocks WHERE id >= ? AND id < ? ORDER BY id")
    putEntry = try prepare("INSERT OR REPLACE INTO blocks(id, nodes, value) VALUES(?, ?, ?)")
    putBlock = try prepare(
      "INSERT INTO blocks(id, value, nodes) VALUES(?, ?, x'') ON CONFLICT(id) DO UPDATE SET value = excluded.value")
    putNodes = try prepare(
      "INSERT INTO blocks(id, nodes) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET nodes = excluded.nodes")
    copyEntries = try prepare(
      """
      INSERT OR REPLACE INTO blocks(id, nodes, value)
      SELECT id + ?3, nodes, value FROM blocks WHERE id >= ?1 AND id < ?2 ORDER BY id
      """)
    deleteBlocks = try prepare("UPDATE blocks SET value = NULL WHERE id >= ? AND id < ?")
    deleteEntries = try prepare("DELETE FROM blocks WHERE id >= ? AND id < ?")

    userData = try prepare("SELECT value FROM user_data WHERE area = ? AND key = ?")
    putUserData = try prepare("INSERT OR REPLACE INTO user_data(area, key, value) VALUES(?, ?, ?)")
    deleteUserData = try prepare("DELETE FROM user_data WHERE area = ? AND key = ?")
    userDataKeys = try prepare("SELECT key FROM user_data WHERE area = ? ORDER BY key")
    deleteAreaUserData = try prepare("DELETE FROM user_data WHERE area = ?")

    local = try prepare("SELECT value FROM local WHERE area = ? AND key = ?")
    putLocal = try prepare("INSERT OR REPLACE INTO local(area, key, value) VALUES(?, ?, ?)")
    deleteLocal = try prepare("DELETE FROM local WHERE area = ? AND key = ?")
    locals = try prepare(
      """
      SELECT key, value FROM local WHERE area = ?1 AND key >= ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key LIMIT ?4
      """)
    deleteAreaLocal = try prepare("DELETE FROM local WHERE area = ?")
  }
}
