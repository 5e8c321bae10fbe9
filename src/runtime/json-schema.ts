/** JSON Schemas (draft 2020-12) of our Effect schemas, for editors, consumers of the events and `config schema`. */
import { Schema } from "effect"
import { ConnectorConfig } from "../../schemas/connector-config.ts"

interface Heading {
  /** What follows `urn:gradewire:schema:`. */
  readonly name: string
  readonly title: string
  /** `error` where unknown keys are refused, as in configurations; events may grow. */
  readonly onExcessProperty: "ignore" | "error"
}

export const jsonSchemaOf = (schema: Schema.Top, heading: Heading): Readonly<Record<string, unknown>> => {
  const document = Schema.toJsonSchemaDocument(schema, {
    onExcessProperty: heading.onExcessProperty,
    generateDescriptions: true
  })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:gradewire:schema:${heading.name}`,
    title: heading.title,
    ...document.schema,
    ...(Object.keys(document.definitions).length === 0 ? {} : { $defs: document.definitions })
  }
}

/** Also stored as schemas/json/connector-config.json. */
export const configJsonSchema = (): Readonly<Record<string, unknown>> =>
  jsonSchemaOf(ConnectorConfig, {
    name: "connector-config.v1",
    title: "gradewire connector configuration",
    onExcessProperty: "error"
  })
