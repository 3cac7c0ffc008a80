// Which addresses a receiver may have. An admin names them, so that loopback and private networks are
// allowed unless told otherwise; link-local ones never are: clouds answer there with credentials. The
// check is made on what is connected to, so that a name that changes its address gains nothing.

import { lookup as lookUp } from "node:dns";
import { lookup as lookUpAsync } from "node:dns/promises";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Thrown for an address that no receiver may have. */
export class AddressRefusedError extends Error {
  override name = "AddressRefusedError";
  readonly code = "EADDRREFUSED";
}

const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");
linkLocal.addAddress("fd00:ec2::254", "ipv6");

const own = new BlockList();
own.addSubnet("0.0.0.0", 8, "ipv4");
own.addSubnet("10.0.0.0", 8, "ipv4");
own.addSubnet("100.64.0.0", 10, "ipv4");
own.addSubnet("127.0.0.0", 8, "ipv4");
own.addSubnet("172.16.0.0", 12, "ipv4");
own.addSubnet("192.168.0.0", 16, "ipv4");
own.addSubnet("198.18.0.0", 15, "ipv4");
own.addSubnet("224.0.0.0", 3, "ipv4");
own.addAddress("::", "ipv6");
own.addAddress("::1", "ipv6");
own.addSubnet("fc00::", 7, "ipv6");
own.addSubnet("ff00::", 8, "ipv6");

/** True when a connection may be made to this IP address. IPv4 in IPv6 is judged as IPv4. */
export function isAllowedAddress(address: string, allowsPrivate: boolean): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (linkLocal.check(address, family)) return false;
  return allowsPrivate || !own.check(address, family);
}

/** @throws AddressRefusedError */
export function checkAddress(address: string, allowsPrivate: boolean): void {
  if (isAllowedAddress(address, allowsPrivate)) return;
  throw new AddressRefusedError(`connections to ${address} are not allowed`);
}

/** For `node:http`: resolves a name and refuses it when any of its addresses is refused. */
export function guardedLookup(allowsPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "");
      try {
        for (const { address } of addresses) checkAddress(address, allowsPrivate);
      } catch (refused) {
        const reason = refused instanceof Error ? refused : new Error(String(refused));
        return callback(reason, "");
      }
      const first = addresses[0];
      if (first === undefined) return callback(new Error(`no address for ${hostname}`), "");
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/** An address to connect to. @throws AddressRefusedError, or what the resolver throws. */
export async function resolveAllowed(host: string, allowsPrivate: boolean): Promise<string> {
  const addresses = await lookUpAsync(host, { all: true });
  for (const { address } of addresses) checkAddress(address, allowsPrivate);
  const first = addresses[0];
  if (first === undefined) throw new Error(`no address for ${host}`);
  return first.address;
}
