import { useTranslation } from 'react-i18next';
import type { Majority, VoteRules } from '../../../core/protocol';

/** How a vote goes, in a few words. */
export function useVoteFacts(): (rules: VoteRules) => readonly string[] {
  const { t } = useTranslation();
  const majority = (rule: Majority): string => {
    switch (rule.rule) {
      case 'simple':
      case 'absolute':
      case 'two_thirds':
        return t(`votes.majority_${rule.rule}`);
      case 'share':
        return t(`votes.majority_share_${rule.of}`, { percent: rule.percent });
    }
  };
  return (rules) => [
    t(`votes.method_${rules.method}`),
    t(`votes.unit_${rules.unit}`),
    majority(rules.majority),
    ...(rules.quorum_percent > 0 ? [t('votes.quorum_of', { percent: rules.quorum_percent })] : []),
  ];
}
