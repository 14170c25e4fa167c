extension RegistrySpecification {
  /// The text of `schema.json`, version 2.
  public static let schemaText = """
    {
      "version": 2,
      "schema": [
        {
          "name": "entry",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": 3,
          "fields": [
            {
              "name": "name",
              "required": true,
              "type": "string",
              "version": 1
            },
            {
              "name": "driveKey",
              "required": true,
              "type": "fixed32",
              "version": 1
            },
            {
              "name": "type",
              "required": true,
              "type": "string",
              "version": 1
            },
            {
              "name": "description",
              "required": false,
              "type": "string",
              "version": 1
            },
            {
              "name": "owner",
              "required": false,
              "type": "string",
              "version": 1
            }
          ]
        },
        {
          "name": "writer",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": -1,
          "fields": [
            {
              "name": "key",
              "required": true,
              "type": "buffer",
              "version": 1
            }
          ]
        },
        {
          "name": "entry-name",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": -1,
          "fields": [
            {
              "name": "name",
              "required": true,
              "type": "string",
              "version": 2
            }
          ]
        },
        {
          "name": "entry-result",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": 0,
          "fields": [
            {
              "name": "entry",
              "required": false,
              "type": "@registry/entry",
              "version": 2
            }
          ]
        },
        {
          "name": "drive-key",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": -1,
          "fields": [
            {
              "name": "key",
              "required": true,
              "type": "fixed32",
              "version": 2
            }
          ]
        },
        {
          "name": "list-request",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": 0,
          "fields": [
            {
              "name": "type",
              "required": false,
              "type": "string",
              "version": 2
            },
            {
              "name": "owner",
              "required": false,
              "type": "string",
              "version": 2
            },
            {
              "name": "driveKey",
              "required": false,
              "type": "fixed32",
              "version": 2
            },
            {
              "name": "after",
              "required": false,
              "type": "string",
              "version": 2
            },
            {
              "name": "limit",
              "required": false,
              "type": "uint",
              "version": 2
            },
            {
              "name": "reverse",
              "required": false,
              "type": "bool",
              "version": 2
            }
          ]
        },
        {
          "name": "list-response",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": 1,
          "fields": [
            {
              "name": "entries",
              "required": true,
              "array": true,
              "type": "@registry/entry",
              "version": 2
            },
            {
              "name": "next",
              "required": false,
              "type": "string",
              "version": 2
            }
          ]
        },
        {
          "name": "writer-info",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": 2,
          "fields": [
            {
              "name": "key",
              "required": true,
              "type": "fixed32",
              "version": 2
            },
            {
              "name": "length",
              "required": true,
              "type": "uint",
              "version": 2
            },
            {
              "name": "isIndexer",
              "required": false,
              "type": "bool",
              "version": 2
            },
            {
              "name": "isRemoved",
              "required": false,
              "type": "bool",
              "version": 2
            }
          ]
        },
        {
          "name": "status",
          "namespace": "registry",
          "compact": false,
          "flagsPosition": 5,
          "fields": [
            {
              "name": "baseKey",
              "required": true,
              "type": "fixed32",
              "version": 2
            },
            {
              "name": "localKey",
              "required": true,
              "type": "fixed32",
              "version": 2
            },
            {
              "name": "viewKey",
              "required": true,
              "type": "fixed32",
              "version": 2
            },
            {
              "name": "viewLength",
              "required": true,
              "type": "uint",
              "version": 2
            },
            {
              "name": "signedLength",
              "required": true,
              "type": "uint",
              "version": 2
            },
            {
              "name": "writable",
              "required": false,
              "type": "bool",
              "version": 2
            },
            {
              "name": "isIndexer",
              "required": false,
              "type": "bool",
              "version": 2
            },
            {
              "name": "writers",
              "required": false,
              "array": true,
              "type": "@registry/writer-info",
              "version": 2
            },
            {
              "name": "peers",
              "required": false,
              "type": "uint",
              "version": 2
            },
            {
              "name": "software",
              "required": false,
              "type": "string",
              "version": 2
            }
          ]
        }
      ]
    }

    """

  /// The text of `dispatch.json`, version 3.
  public static let dispatchText = """
    {
      "version": 3,
      "offset": 0,
      "schema": [
        {
          "id": 0,
          "name": "@registry/add-writer",
          "requestType": "@registry/writer",
          "version": 1
        },
        {
          "id": 1,
          "name": "@registry/put-entry",
          "requestType": "@registry/entry",
          "version": 2
        },
        {
          "id": 2,
          "name": "@registry/remove-writer",
          "requestType": "@registry/writer",
          "version": 3
        },
        {
          "id": 3,
          "name": "@registry/delete-entry",
          "requestType": "@registry/entry-name",
          "version": 3
        }
      ]
    }
    """

  /// The text of `db.json`, version 0.
  public static let databaseText = """
    {
      "version": 0,
      "offset": 0,
      "schema": [
        {
          "name": "entry",
          "namespace": "registry",
          "id": 0,
          "type": 1,
          "version": 0,
          "versionField": null,
          "indexes": [
            "@registry/entry-by-drive-key",
            "@registry/entry-by-type",
            "@registry/entry-by-owner"
          ],
          "schema": "@registry/entry",
          "derived": false,
          "key": [
            "name"
          ],
          "trigger": null
        },
        {
          "name": "entry-by-drive-key",
          "namespace": "registry",
          "id": 1,
          "type": 2,
          "version": 0,
          "collection": "@registry/entry",
          "unique": false,
          "deprecated": false,
          "key": [
            "driveKey"
          ]
        },
        {
          "name": "entry-by-type",
          "namespace": "registry",
          "id": 2,
          "type": 2,
          "version": 0,
          "collection": "@registry/entry",
          "unique": false,
          "deprecated": false,
          "key": [
            "type"
          ]
        },
        {
          "name": "entry-by-owner",
          "namespace": "registry",
          "id": 3,
          "type": 2,
          "version": 0,
          "collection": "@registry/entry",
          "unique": false,
          "deprecated": false,
          "key": [
            "owner"
          ]
        }
      ]
    }
    """
}
