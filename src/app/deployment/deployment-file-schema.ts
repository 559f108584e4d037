import { deploymentJsonSchema } from '../../deployment/file/deployment-schema.ts';
import { peopleJsonSchema } from '../../people/file/people-section.ts';

/** The JSON Schema of the whole deployment file, for editors. */
export function deploymentFileSchema(): object {
  const schema: { readonly properties?: object } = deploymentJsonSchema();
  return { ...schema, properties: { ...schema.properties, people: peopleJsonSchema() } };
}
