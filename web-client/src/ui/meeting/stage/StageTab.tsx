import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SIDE_BY_SIDE, showable, shownNow, toggled } from '../../../core/procedure/stageDraft';
import type { SourceRef, StageShow } from '../../../core/protocol';
import { sameSource } from '../../../core/source';
import { Button } from '../../kit/Button';
import { Buttons, Note, Section } from '../../kit/Section';
import { type PartProps, useNames } from '../part';
import { Entry, List } from '../procedure/List';

/** What everybody looks at: chosen at leisure, looked over, then taken. */
export function StageTab({ attendance, meeting }: PartProps) {
  const { t } = useTranslation();
  const nameOf = useNames(meeting);
  const { session } = attendance;
  const { snapshot } = meeting;
  const { preview } = snapshot.procedure.stage;
  const [chosen, setChosen] = useState<readonly SourceRef[]>([]);
  const sources = showable(snapshot);
  const kept = chosen.filter((one) => sources.some((source) => sameSource(source, one)));
  const nameOfSource = ({ participant, kind }: SourceRef) =>
    kind === 'screen' ? t('meeting.screen_of', { name: nameOf(participant) }) : nameOf(participant);
  const say = (show: StageShow): string => {
    switch (show.type) {
      case 'follow_speaker':
        return t('stage.follow');
      case 'sources':
        return show.sources.map(nameOfSource).join(' · ');
      case 'document':
        return t('stage.document', { page: show.page });
    }
  };
  const prepare = (show: StageShow | null) => void session.act({ type: 'stage', what: 'prepare', show });
  const take = async () => {
    if (await session.act({ type: 'stage', what: 'take' })) setChosen([]);
  };
  return (
    <>
      <Section title={t('stage.now')} testId="stage-now">
        <p>{say(shownNow(snapshot))}</p>
      </Section>
      <Section title={t('stage.next')} testId="stage-next">
        {preview === null ? (
          <Note>{t('stage.next_none')}</Note>
        ) : (
          <>
            <p data-testid="stage-preview">{say(preview)}</p>
            <Buttons>
              <Button look="primary" icon="stage" label={t('stage.take')} onPress={() => void take()} testId="take" />
              <Button look="quiet" label={t('stage.clear')} onPress={() => { prepare(null); }} testId="clear-preview" />
            </Buttons>
          </>
        )}
      </Section>
      <Section title={t('stage.choose')}>
        <Note>{t('stage.choose_hint')}</Note>
        <List label={t('stage.choose')} testId="stage-sources">
          {sources.map((source) => {
            const place = kept.findIndex((one) => sameSource(one, source));
            return (
              <Entry key={`${source.participant} ${source.kind}`} title={nameOfSource(source)} isCurrent={place >= 0} participant={source.participant} testId="stage-source">
                <Button
                  look={place >= 0 ? 'primary' : 'quiet'}
                  aria-pressed={place >= 0}
                  label={place >= 0 ? t('stage.chosen', { place: place + 1 }) : t('stage.pick')}
                  isDisabled={place < 0 && (kept.length >= Math.max(...SIDE_BY_SIDE) || (kept.length > 0 && source.kind === 'screen'))}
                  onPress={() => { setChosen(toggled(kept, source)); }}
                  testId="pick-source"
                />
              </Entry>
            );
          })}
        </List>
        <Buttons>
          <Button
            icon="next"
            label={t('stage.prepare')}
            isDisabled={!SIDE_BY_SIDE.includes(kept.length)}
            onPress={() => { prepare({ type: 'sources', sources: [...kept] }); }}
            testId="prepare"
          />
          <Button look="quiet" label={t('stage.prepare_follow')} onPress={() => { prepare({ type: 'follow_speaker' }); }} testId="prepare-follow" />
        </Buttons>
      </Section>
    </>
  );
}
