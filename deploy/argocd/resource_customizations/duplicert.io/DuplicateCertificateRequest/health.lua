-- Health of a DuplicateCertificateRequest for Argo CD. Ready stays True while a renewal is under way
-- or fails; Stalled means that a person must act.
local hs = { status = "Progressing", message = "Waiting for Duplicert" }
if obj.status == nil or obj.status.conditions == nil then
  return hs
end
if obj.status.observedGeneration ~= nil and obj.metadata.generation ~= nil
    and obj.status.observedGeneration < obj.metadata.generation then
  hs.message = "Waiting for Duplicert to look at the last change"
  return hs
end
local found = {}
for _, condition in ipairs(obj.status.conditions) do
  found[condition.type] = condition
end
local ready, stalled = found["Ready"], found["Stalled"]
if ready ~= nil and ready.status == "True" then
  hs.status = "Healthy"
  hs.message = ready.message
  if found["Renewing"] ~= nil and found["Renewing"].status == "True" then
    hs.message = ready.message .. ". Renewal: " .. found["Renewing"].message
  end
  return hs
end
if stalled ~= nil and stalled.status == "True" then
  hs.status = "Degraded"
  if stalled.reason == "Suspended" then
    hs.status = "Suspended"
  end
  hs.message = stalled.reason .. ": " .. stalled.message
  return hs
end
if ready ~= nil then
  hs.message = ready.reason .. ": " .. ready.message
end
return hs
