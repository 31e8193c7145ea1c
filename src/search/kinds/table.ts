/** Every kind of search parameter, each in a file of its own. A new kind is a file and a row. */
import { holdsWords } from '../full-text.ts';
import type { Param, ParamKind } from '../param.ts';
import { compositeKind } from './composite.ts';
import { dateKind } from './date.ts';
import type { Kind } from './kind.ts';
import { nearKind } from './near.ts';
import { numberKind } from './number.ts';
import { phoneticKind } from './phonetic.ts';
import { quantityKind } from './quantity.ts';
import { referenceKind } from './reference.ts';
import { stringKind } from './string.ts';
import { textKind } from './text.ts';
import { identifierTypeKind, tokenKind } from './token.ts';
import { uriKind } from './uri.ts';

const KINDS: Readonly<Record<ParamKind, Kind>> = {
  number: numberKind,
  date: dateKind,
  string: stringKind,
  token: tokenKind,
  reference: referenceKind,
  composite: compositeKind((kind) => KINDS[kind]),
  quantity: quantityKind,
  uri: uriKind,
  // `near` is the one special parameter of R4 that has values.
  special: nearKind,
};

/** The suffix of the parameters that hold identifiers by their type. */
export const OF_TYPE = ':of-type';
/** The suffix of the parameters that hold the logical identifiers of references. */
export const IDENTIFIER = ':identifier';

/** Parameters whose values differ from those of their kind are known by their codes. */
export function kindOf(param: Param): Kind {
  if (param.code.endsWith(OF_TYPE)) return identifierTypeKind;
  if (holdsWords(param)) return textKind;
  return param.code === 'phonetic' ? phoneticKind : KINDS[param.kind];
}
