// What may a dispatcher do, and by which call? By the API's names of its operations; what is offered when: `offers`.

export const ACTS = {
  confirm_acknowledgment: (api, { incident_id: id }, { alert_id: alertId }) =>
    api.post(`/v1/incidents/${id}/acknowledgments/${alertId}/confirmation`),
  refuse_acknowledgment: (api, { incident_id: id }, { alert_id: alertId }) =>
    api.delete(`/v1/incidents/${id}/acknowledgments/${alertId}/confirmation`),
  dispatch_units: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/dispatches`, body),
  release_incident: (api, { incident_id: id }) => api.post(`/v1/incidents/${id}/release`),
  // The level that was seen: when it has passed meanwhile, nobody is asked twice.
  escalate_incident: (api, { incident_id: id, level }) => api.post(`/v1/incidents/${id}/escalation`, { level }),
  cancel_incident: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/cancellation`, body),
  close_incident: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/closure`, body),
  reopen_incident: (api, { incident_id: id }) => api.post(`/v1/incidents/${id}/reopening`),
  merge_incidents: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/merge`, body),
  split_incident: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/split`, body),
  add_note: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/notes`, body),
  place_legal_hold: (api, { incident_id: id }, body) => api.post(`/v1/incidents/${id}/legal-hold`, body),
  lift_legal_hold: (api, { incident_id: id }) => api.delete(`/v1/incidents/${id}/legal-hold`),
};
