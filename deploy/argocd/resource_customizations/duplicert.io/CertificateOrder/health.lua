-- Health of a CertificateOrder for Argo CD: an entry of the ledger that Duplicert writes. One that
-- came to nothing is over, and holds up nobody.
local hs = { status = "Progressing", message = "Waiting for Duplicert" }
if obj.status == nil then
  return hs
end
if obj.status.message ~= nil then
  hs.message = obj.status.message
end
local closed = { Issued = true, Refused = true, Rejected = true, Superseded = true, Abandoned = true }
if obj.status.state ~= nil and closed[obj.status.state] then
  hs.status = "Healthy"
  return hs
end
for _, condition in ipairs(obj.status.conditions or {}) do
  if condition.type == "Stalled" and condition.status == "True" then
    hs.status = "Degraded"
    hs.message = condition.reason .. ": " .. condition.message
  end
end
return hs
