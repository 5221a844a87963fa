-- The sites that planned meetings invite are places of their devices, too. What
-- was planned before is put there; from now on each change does it.
INSERT INTO site_places (site, meeting, participant, role, kind, name, unit, handed_at)
SELECT invitee.value ->> '$.who.id', meetings.id, invitee.value ->> '$.participant',
       invitee.value ->> '$.role', 'site', invitee.value ->> '$.name',
       invitee.value ->> '$.unit', 0
FROM meetings, json_each(CAST(meetings.invitees AS TEXT)) AS invitee
WHERE invitee.value ->> '$.who.kind' = 'site'
ON CONFLICT (site, meeting) DO NOTHING;

-- For the places of one meeting.
CREATE INDEX site_places_of_meeting ON site_places (meeting);
