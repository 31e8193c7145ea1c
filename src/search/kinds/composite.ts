/** https://hl7.org/fhir/R4/search.html#composite */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { splitUnescaped } from '../escape.ts';
import type { ParamKind } from '../param.ts';
import { type Asked, badValue, type Kind } from './kind.ts';

/** Made from the kinds of its parts, so that no file needs to know the table that it stands in. */
export function compositeKind(kindOf: (kind: ParamKind) => Kind): Kind {
  function parse(asked: Asked): Test {
    const texts = splitUnescaped(asked.text, '$');
    const { parts } = asked.param;
    if (texts.length !== parts.length) throw badValue(asked, `it has ${texts.length} part(s); ${parts.map((part) => part.code).join('$')} are expected.`);
    return { is: 'composite', parts: parts.map((param, i) => kindOf(param.kind).parse({ ...asked, param, branches: [], text: texts[i] ?? '' })) };
  }

  function compare(value: Value, test: Test): boolean {
    if (value.kind !== 'composite' || test.is !== 'composite') return false;
    return test.parts.every((part, i) =>
      value.parts[i]?.some((found) => found.kind !== 'text' && found.kind !== 'position' && kindOf(found.kind).compare(found, part)),
    );
  }

  return { modifiers: [], parse, readers: new Map(), manyFrom: [], guess: () => '', compare };
}
