import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { accessDenied } from './errors.ts';

/**
 * With a user set, every call needs that user's name and password as HTTP Basic; without one nothing is asked. A wrong password is
 * UNAUTHENTICATED, as the real server's HTTP 401 comes out in gRPC; none at all is an access denied, as its default policy says for `$all`.
 */
export const usersOnly =
  (user: { readonly name: string; readonly password: string } | undefined): ServerInterceptor =>
  (_method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, go) => {
            const [given] = metadata.get('authorization');
            const expected = `Basic ${Buffer.from(`${user?.name}:${user?.password}`).toString('base64')}`;
            if (user === undefined || given === expected) go(metadata);
            else if (given === undefined) call.sendStatus(accessDenied());
            else call.sendStatus({ code: status.UNAUTHENTICATED, details: 'Unauthenticated', metadata: null });
          },
        }),
    });
