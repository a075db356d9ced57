-- Health of an AutomationProfile for Argo CD. What heals by itself is Progressing.
local hs = { status = "Progressing", message = "Waiting for Duplicert" }
if obj.status == nil or obj.status.conditions == nil then
  return hs
end
if obj.status.observedGeneration ~= nil and obj.metadata.generation ~= nil
    and obj.status.observedGeneration < obj.metadata.generation then
  hs.message = "Waiting for Duplicert to look at the last change"
  return hs
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Ready" then
    hs.message = condition.reason .. ": " .. condition.message
    if condition.status == "True" then
      hs.status = "Healthy"
      hs.message = condition.message
    elseif condition.status == "False" and condition.reason ~= "CAUnavailable"
        and condition.reason ~= "RateLimited" then
      hs.status = "Degraded"
    end
  end
end
return hs
