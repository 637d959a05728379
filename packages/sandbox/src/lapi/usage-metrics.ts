/** What a push of usage metrics is answered. */
export type MetricsAnswer =
  | { readonly status: 201; readonly component: Readonly<Record<string, unknown>> }
  | { readonly status: 400 | 422; readonly message: string };

/** Checks a bouncer's push as the engine does: types first (400), then what is required (422). */
export function checkUsageMetrics(body: unknown): MetricsAnswer {
  const components = isRecord(body) ? body.remediation_components : undefined;
  if (!Array.isArray(components) || components.length === 0)
    return { status: 400, message: 'Missing remediation component data' };
  if (components.length > 1) return { status: 400, message: 'Payload has more than one remediation component' };
  const component: unknown = components[0];
  if (!isRecord(component)) return { status: 400, message: 'json: cannot unmarshal into remediation component' };
  const wrongType = typeProblem(component);
  if (wrongType !== undefined) return { status: 400, message: `json: cannot unmarshal ${wrongType}` };
  const problems = [...missingIn(component)].map((problem) => `remediation_components.0.${problem}`);
  return problems.length === 0
    ? { status: 201, component }
    : { status: 422, message: `validation failure list:\n${problems.join('\n')}` };
}

function typeProblem({
  utc_startup_timestamp: startup,
  metrics,
}: Readonly<Record<string, unknown>>): string | undefined {
  if (startup !== undefined && !Number.isInteger(startup)) return 'utc_startup_timestamp into int64';
  if (metrics === undefined || metrics === null) return undefined;
  if (!Array.isArray(metrics)) return 'object into Go struct field metrics of type []*models.DetailedMetrics';
  for (const item of metrics.flatMap((entry: unknown) => itemsOf(entry))) {
    if (item.value !== undefined && typeof item.value !== 'number') return 'value into float64';
    if (isRecord(item.labels) && Object.values(item.labels).some((label) => typeof label !== 'string'))
      return 'labels into string';
  }
  return undefined;
}

function* missingIn(component: Readonly<Record<string, unknown>>): Iterable<string> {
  for (const key of ['version', 'utc_startup_timestamp'])
    if (component[key] === undefined) yield `${key} in body is required`;
  if (isRecord(component.os)) {
    for (const key of ['name', 'version']) if (component.os[key] === undefined) yield `os.${key} in body is required`;
  }
  const entries = Array.isArray(component.metrics) ? (component.metrics as unknown[]) : [];
  for (const [at, entry] of entries.entries()) {
    const meta = isRecord(entry) ? entry.meta : undefined;
    if (!isRecord(meta)) yield `metrics.${at}.meta in body is required`;
    else {
      for (const key of ['utc_now_timestamp', 'window_size_seconds'])
        if (meta[key] === undefined) yield `metrics.${at}.meta.${key} in body is required`;
    }
    for (const [index, item] of itemsOf(entry).entries()) {
      for (const key of ['name', 'unit', 'value'])
        if (item[key] === undefined) yield `metrics.${at}.items.${index}.${key} in body is required`;
    }
  }
}

function itemsOf(entry: unknown): readonly Readonly<Record<string, unknown>>[] {
  return isRecord(entry) && Array.isArray(entry.items) ? entry.items.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
