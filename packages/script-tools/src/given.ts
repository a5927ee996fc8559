import type { Value } from '@dialog/script/types';

/** What happens to a chat under rehearsal: a visitor, people, Webim, another service, or the clock. Nothing else moves it. */
export type Given =
  /** A chat begins on the bot. `at`: ms since the epoch; default: where the clock stands. `visitor`: the fields that Webim sends. */
  | {
      readonly kind: 'chat_start';
      readonly at?: number;
      readonly visitor?: Readonly<Record<string, string>>;
      /** What the visitor wrote before the bot was asked. */
      readonly messages?: readonly string[];
    }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'button'; readonly id: string; readonly label?: string }
  | { readonly kind: 'file'; readonly name?: string; readonly mediaType?: string; readonly url?: string }
  | { readonly kind: 'operator_assigned'; readonly operator: string }
  /** People give the chat back to the bot: Webim sends `new_chat` once more. */
  | { readonly kind: 'operator_redirect' }
  /** Webim's own final close. */
  | { readonly kind: 'chat_closed'; readonly by?: 'inactivity_timer' | 'operator' | 'visitor' }
  | { readonly kind: 'http_result'; readonly status: number; readonly body: Value }
  | { readonly kind: 'http_error'; readonly error: HttpFailure }
  /** The clock moves; what is due on the way fires at its own time. */
  | { readonly kind: 'later'; readonly ms: number }
  /** What Webim says to the next effect of that kind, in place of yes. */
  | { readonly kind: 'refuse'; readonly what: Refusable; readonly reason?: RefusalReason };

export type Refusable = 'text' | 'menu' | 'file' | 'handover' | 'close';
export type RefusalReason = 'content' | 'not_bots_chat' | 'chat_closed' | 'other';
export type HttpFailure = 'timeout' | 'connection' | 'refused_host' | 'redirect' | 'too_large' | 'secret_missing';
