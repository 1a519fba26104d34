import { useMemo } from 'react';
import { offersOf, type Offers, type OpenApi } from '../lib/offers';
import { useQuery } from './useQuery';

/** Which routes and parameters the server has; none until that is known. */
export function useOffers(): Offers {
  const { data } = useQuery<OpenApi>('/openapi.json');
  return useMemo(() => offersOf(data), [data]);
}
