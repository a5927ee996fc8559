import type { Owner } from '@dialog/contracts/domain-event';
import { useTexts } from '../texts/context.tsx';

export const OwnerBadge = ({ owner, testId }: { readonly owner: Owner | null; readonly testId?: string }) => {
  const { t } = useTexts();
  return (
    <span className={`badge owner-${owner ?? 'none'}`} data-testid={testId} data-value={owner ?? 'none'}>
      {owner === null ? t.noOwner : t.owner[owner]}
    </span>
  );
};

export const FlagBadge = ({ flag, testId }: { readonly flag: boolean; readonly testId?: string }) => {
  const { t } = useTexts();
  return (
    <span className={flag ? 'badge flag-set' : 'badge flag-off'} data-testid={testId} data-value={flag}>
      {flag ? t.flag.set : t.flag.notSet}
    </span>
  );
};
