/** A cache of bounded size that lets go of what was not asked for longest. */
export interface LastUsed<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  /** The value under the key, made where it is not there. */
  getOr(key: string, make: () => Value): Value;
}

export function createLastUsed<Value>(limit: number): LastUsed<Value> {
  const values = new Map<string, Value>();
  const set = (key: string, value: Value): void => {
    values.delete(key);
    values.set(key, value);
    if (values.size > limit) values.delete(values.keys().next().value ?? key);
  };
  const get = (key: string): Value | undefined => {
    const value = values.get(key);
    if (value !== undefined) set(key, value);
    return value;
  };
  const getOr = (key: string, make: () => Value): Value => {
    const value = get(key) ?? make();
    set(key, value);
    return value;
  };
  return { get, set, getOr };
}
