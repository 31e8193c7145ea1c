/**
 * Facts about resource types that let one index row answer for several parameters at once: every row carries its
 * resource's patient and clinical date, and these parameters say exactly the same. Exactly only where their element
 * cannot repeat, since a row carries one of each.
 */
import { clinicalDateParam, isSingle, patientParams } from '../../../search/facts.ts';
import type { Params } from '../../../search/params.ts';
import { type Narrower, narrowerOf } from '../kept-once.ts';

interface TypeFacts {
  /** Codes of the parameters whose one reference to a Patient each row carries. */
  readonly patients: ReadonlySet<string>;
  /** Code of the parameter whose one value is the date range that each row carries. */
  readonly date: string | undefined;
  readonly narrower: Narrower;
}

export type Facts = (type: string) => TypeFacts;

/** Worked out once for each type. */
export function factsFrom(params: Params): Facts {
  const known = new Map<string, TypeFacts>();
  return (type) => {
    const facts = known.get(type) ?? work(params, type);
    known.set(type, facts);
    return facts;
  };
}

function work(params: Params, type: string): TypeFacts {
  const single = (code: string): boolean => {
    const param = params.find(type, code);
    return param !== undefined && isSingle(params, param);
  };
  const date = clinicalDateParam(params, type);
  return {
    patients: new Set(patientParams(params, type).filter(single)),
    date: date && isSingle(params, date) ? date.code : undefined,
    narrower: narrowerOf(params, type),
  };
}
