import { crowdsecContext } from '@crowdsec-sdk/react-router';
import type { ReactNode } from 'react';
import { useLoaderData, type LoaderFunctionArgs } from 'react-router';

export function loader({ context }: LoaderFunctionArgs): { readonly client: string } {
  return { client: context.get(crowdsecContext)?.ip ?? 'stranger' };
}

export default function Home(): ReactNode {
  const { client } = useLoaderData<typeof loader>();
  return <h1>{`Hello ${client}`}</h1>;
}
