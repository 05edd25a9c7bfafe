-- Health of a EndpointConfig for Argo CD. Made by packaging/argocd/generate.py from template.lua; edit that one.
-- Argo CD gives scripts neither the string nor the math library.
local WORD, GOAL = "status", "Ready"

local status = obj.status or {}
local generation = obj.metadata.generation or 0

local function condition(wanted)
  for _, one in ipairs(status.conditions or {}) do
    if one.type == wanted then
      return one
    end
  end
  return {}
end

local function health(word, message, reason)
  local text = message or ""
  if text == "" then
    text = reason or ""
  end
  local shown = status[WORD] or ""
  if shown ~= "" and shown ~= text then
    text = text == "" and shown or (shown .. ": " .. text)
  end
  return { status = word, message = text }
end

-- What was said about an earlier spec says nothing about this one.
local function current(one)
  return (one.observedGeneration or generation) == generation
end

local goal, stalled, reconciling = condition(GOAL), condition("Stalled"), condition("Reconciling")
local paused, unclear = condition("Paused"), condition("InvalidAnnotation")

if paused.status == "True" then
  return health("Suspended", paused.message, paused.reason)
end
if obj.metadata.deletionTimestamp then
  if unclear.status == "True" then
    return health("Progressing", "The deletion waits: " .. unclear.message)
  end
  if stalled.status == "True" then
    return health("Progressing", "The deletion waits: " .. (stalled.message or ""))
  end
  return health("Progressing", "Is being deleted.")
end
if stalled.status == "True" and current(stalled) then
  return health("Degraded", stalled.message, stalled.reason)
end
if status.observedGeneration ~= generation or goal.status == nil then
  return health("Progressing", "Waits for the operator.")
end
if reconciling.status == "True" then
  return health("Progressing", reconciling.message, reconciling.reason)
end
if goal.status == "True" then
  return health("Healthy", goal.message, goal.reason)
end
if goal.status == "False" then
  return health("Degraded", goal.message, goal.reason)
end
return health("Progressing", goal.message, goal.reason)
