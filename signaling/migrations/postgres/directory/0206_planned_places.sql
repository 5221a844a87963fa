-- The sites that planned meetings invite are places of their devices, too. What
-- was planned before is put there; from now on each change does it.
INSERT INTO site_places (site, meeting, participant, role, kind, name, unit, handed_at)
SELECT invitee #>> '{who,id}', meetings.id, invitee ->> 'participant',
       invitee ->> 'role', 'site', invitee ->> 'name',
       invitee ->> 'unit', 0
FROM meetings,
     jsonb_array_elements(convert_from(meetings.invitees, 'UTF8')::jsonb) AS invitee
WHERE invitee #>> '{who,kind}' = 'site'
ON CONFLICT (site, meeting) DO NOTHING;

-- For the places of one meeting.
CREATE INDEX site_places_of_meeting ON site_places (meeting);
