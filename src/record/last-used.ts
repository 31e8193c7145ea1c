/** A cache of bounded size that lets go of what was not asked for longest. */
export interface LastUsed<Value> {
  /** The value under the key, made where it is not there. */
  get(key: string, make: () => Value): Value;
}

export function createLastUsed<Value>(limit: number): LastUsed<Value> {
  const values = new Map<string, { readonly value: Value }>();
  return {
    get: (key, make) => {
      const known = values.get(key) ?? { value: make() };
      values.delete(key);
      values.set(key, known);
      if (values.size > limit) values.delete(values.keys().next().value ?? key);
      return known.value;
    },
  };
}
