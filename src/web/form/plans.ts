/** The compiled Questionnaire that a canonical means, as the reader may see it. */
import type { Plan } from '../../questionnaire/plan.ts';
import type { Questionnaires } from '../../record/questionnaires.ts';
import type { Tree } from '../../search/ast.ts';
import type { Reader, Version } from '../../store/store.ts';

/** Throws FhirError `invalid` where it leads to nothing. */
export type Plans = (canonical: string, reader: Reader) => Promise<Plan>;

/** Versions of one questionnaire among which the right one is looked for. */
const MOST_VERSIONS = 1000;

export function createPlans(questionnaires: Questionnaires): Plans {
  return (canonical, reader) => {
    const find = async (where: Tree): Promise<readonly Version[]> =>
      (await reader.search({ of: [{ type: 'Questionnaire', where }], sort: [], count: MOST_VERSIONS, total: 'none', include: [] })).matches;
    return questionnaires.resolve(canonical, find);
  };
}
