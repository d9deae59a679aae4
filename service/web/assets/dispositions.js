// In which words does an incident end? The API's, as an officer at the scene and a dispatcher at the desk say them.

export const DISPOSITIONS = ["evidence_found", "victim", "no_evidence", "fireworks", "unfounded", "duplicate", "other"];
