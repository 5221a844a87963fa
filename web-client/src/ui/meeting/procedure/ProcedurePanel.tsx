import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { may } from '../../../core/meeting';
import type { Attendance } from '../../../io/attendance';
import { type TabEntry, Tabs } from '../../kit/Tabs';
import { useStore } from '../../useStore';
import { AdmissionTab } from '../admission/AdmissionTab';
import { AgendaTab } from '../agenda/AgendaTab';
import { ConductTab } from '../conduct/ConductTab';
import { FloorTab } from '../floor/FloorTab';
import { GroupsTab } from '../groups/GroupsTab';
import { ChannelsSection } from '../interpretation/ChannelsSection';
import { NotesTab } from '../notes/NotesTab';
import { RollCallTab } from '../rollCall/RollCallTab';
import { SidePanel } from '../SidePanel';
import { StageTab } from '../stage/StageTab';
import { VotesTab } from '../votes/VotesTab';
import { LeadTab } from './LeadTab';
import { OverviewTab } from './OverviewTab';

export type ProcedureTab = 'lead' | 'floor' | 'agenda' | 'votes' | 'roll' | 'admission' | 'stage' | 'conduct' | 'notes' | 'groups' | 'interpretation';

/** The procedure of the meeting: to follow for everybody, to run for those who conduct it. */
export default function ProcedurePanel({ attendance, onClose }: { readonly attendance: Attendance; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { meeting } = useStore(attendance.session.view);
  const [tab, setTab] = useState<ProcedureTab>('lead');
  if (meeting === null) return null;
  const props = { attendance, meeting };
  if (!may(meeting, 'conduct')) {
    return (
      <SidePanel title={t('procedure.title')} onClose={onClose} testId="procedure-panel">
        <OverviewTab {...props} />
      </SidePanel>
    );
  }
  const { floor, admission, groups } = meeting.snapshot.procedure;
  const tabs: readonly TabEntry<ProcedureTab>[] = [
    { id: 'lead', icon: 'gavel', label: t('procedure.lead'), content: () => <LeadTab {...props} onTab={setTab} /> },
    { id: 'floor', icon: 'hand', label: t('procedure.floor'), badge: floor.queue.length, content: () => <FloorTab {...props} /> },
    { id: 'agenda', icon: 'agenda', label: t('procedure.agenda'), content: () => <AgendaTab {...props} /> },
    { id: 'votes', icon: 'vote', label: t('procedure.votes'), content: () => <VotesTab {...props} /> },
    { id: 'roll', icon: 'roll', label: t('procedure.roll'), content: () => <RollCallTab {...props} /> },
    { id: 'admission', icon: 'door', label: t('procedure.admission'), badge: admission.waiting.length, content: () => <AdmissionTab {...props} /> },
    ...(may(meeting, 'set_stage') ? [{ id: 'stage', icon: 'stage', label: t('procedure.stage'), content: () => <StageTab {...props} /> } as const] : []),
    { id: 'conduct', icon: 'bell', label: t('procedure.conduct'), content: () => <ConductTab {...props} /> },
    { id: 'notes', icon: 'edit', label: t('procedure.notes'), content: () => <NotesTab {...props} /> },
    ...(may(meeting, 'run_groups')
      ? [{ id: 'groups', icon: 'people', label: t('procedure.groups'), badge: groups.open?.calls.length ?? 0, content: () => <GroupsTab {...props} /> } as const]
      : []),
    ...(may(meeting, 'run_interpretation')
      ? [{ id: 'interpretation', icon: 'language', label: t('procedure.interpretation'), content: () => <ChannelsSection {...props} /> } as const]
      : []),
  ];
  return (
    <SidePanel title={t('procedure.run_title')} onClose={onClose} testId="procedure-panel">
      <Tabs columns={6} label={t('procedure.run_title')} tabs={tabs} value={tab} onChange={setTab} />
    </SidePanel>
  );
}
