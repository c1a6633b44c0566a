/**
 * The variables that Kubernetes sets in every container for each service of its namespace, and Docker for a link. A
 * service whose name begins with `denicorn` makes ones that begin like settings.
 * https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
 */

const protocol = "(?:TCP|UDP|SCTP)";
const url = /^(?:tcp|udp|sctp):\/\//;
const number = /^\d{1,5}$/;

/** What follows the name of the service, and what its value looks like. */
const shapes: readonly (readonly [suffix: RegExp, value: RegExp])[] = [
  [/_SERVICE_HOST$/, /^[\da-fA-F.:]+$/],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, number],
  [/_PORT$/, url],
  [new RegExp(`_PORT_\\d{1,5}_${protocol}$`), url],
  [new RegExp(`_PORT_\\d{1,5}_${protocol}_PROTO$`), /^(?:tcp|udp|sctp)$/],
  [new RegExp(`_PORT_\\d{1,5}_${protocol}_PORT$`), number],
  [new RegExp(`_PORT_\\d{1,5}_${protocol}_ADDR$`), /^[\da-fA-F.:]+$/],
];

/** True only if both name and value are as such a variable has them: anything else is a mistake in a setting. */
export function isServiceLink(name: string, value: string): boolean {
  return shapes.some(([suffix, shape]) => suffix.test(name) && shape.test(value));
}
