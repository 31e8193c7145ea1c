/** Which resources lie in the compartment of one resource, as a tree. https://hl7.org/fhir/R4/compartmentdefinition.html */
import { atom, NONE, or, type Tree } from './ast.ts';
import type { Params } from './params.ts';

/**
 * From HL7's R4 CompartmentDefinitions; `NONE` for a type that is never in that compartment. The resource itself belongs
 * to its own, and no other of its type does: R4 lists `Patient.link`, but a link between patients never authorizes.
 */
export function compartmentTree(params: Params, type: string, of: { readonly type: string; readonly id: string }): Tree {
  const self = params.of(type).get('_id');
  if (type === of.type) return self === undefined ? NONE : atom(self, { is: 'token', code: of.id });
  const codes = params.registry.compartment(of.type).get(type) ?? [];
  const links = codes.map((code) => params.of(type).get(code)).filter((param) => param?.kind === 'reference');
  return or(...links.map((param) => (param === undefined ? NONE : atom(param, { is: 'reference', type: of.type, id: of.id }))));
}
