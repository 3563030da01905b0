/**
 * An operation that the hub knows by its hash; `Data` and `Variables` are for the compiler alone.
 */
export interface Operation<Data, Variables> {
  readonly id: string;
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly __types?: (variables: Variables) => Data;
}
