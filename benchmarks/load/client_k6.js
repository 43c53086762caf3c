// One virtual user is one connection, which sends the next request when the last one is answered.
import http from 'k6/http';

export const options = { summaryTrendStats: ['med', 'p(99)'], discardResponseBodies: true };

export default function () {
  http.get(__ENV.URL);
}
