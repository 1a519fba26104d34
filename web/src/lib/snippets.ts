/* The lines that send a first event, with this server and the key filled in. */

export const SNIPPETS = ['curl', 'javascript', 'node', 'segment'] as const;
export type SnippetName = (typeof SNIPPETS)[number];

export function snippet(name: SnippetName, host: string, key: string): string {
  switch (name) {
    case 'curl':
      return `curl ${host}/v1/track -u ${key}: \\
  -H 'Content-Type: application/json' \\
  -d '{
    "userId": "42",
    "event": "Order Completed",
    "properties": { "order_id": "1001", "revenue": 990, "currency": "UAH" },
    "context": { "campaign": { "source": "google", "medium": "cpc", "name": "spring" } }
  }'`;
    case 'javascript':
      return `// npm install @rudderstack/analytics-js
import { RudderAnalytics } from '@rudderstack/analytics-js';

const analytics = new RudderAnalytics();
analytics.load('${key}', '${host}', { configUrl: '${host}' });

analytics.page();
analytics.identify('42', { email: 'ada@example.com' });
analytics.track('Order Completed', { order_id: '1001', revenue: 990, currency: 'UAH' });`;
    case 'node':
      return `// npm install @rudderstack/rudder-sdk-node
import RudderAnalytics from '@rudderstack/rudder-sdk-node';

const analytics = new RudderAnalytics('${key}', { dataPlaneUrl: '${host}' });

analytics.track({
  userId: '42',
  event: 'Order Completed',
  properties: { order_id: '1001', revenue: 990, currency: 'UAH' },
});
await analytics.flush();`;
    case 'segment':
      return `// npm install @segment/analytics-node
import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({ writeKey: '${key}', host: '${host}' });

analytics.track({
  userId: '42',
  event: 'Order Completed',
  properties: { order_id: '1001', revenue: 990, currency: 'UAH' },
});
await analytics.closeAndFlush();`;
  }
}
