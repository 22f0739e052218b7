using System.Text.Json.Nodes;

namespace Tributary.Engine.Workspace;

/// <summary>Checks what an instance of a function gives for the function's settings.</summary>
public static class FunctionSettings
{
    /// <summary>What is wrong, in the clear; each field is a path that begins with <c>settings.</c></summary>
    public static IEnumerable<WorkspaceFault> Check(Function function, JsonObject settings)
    {
        foreach (var setting in function.Settings)
        {
            var path = $"settings.{setting.Name}";
            if (settings[setting.Name] is not { } value)
            {
                if (setting.Required) yield return new(path, $"{path} is required by the function.");
                continue;
            }

            var fits = setting.Type switch
            {
                "BOOLEAN" => value is JsonValue flag && flag.TryGetValue<bool>(out _),
                "ARRAY" => value is JsonArray list && list.All(each => each is JsonValue text && text.TryGetValue<string>(out _)),
                "TEXT_MAP" => value is JsonObject map && map.All(pair => pair.Value is JsonValue text && text.TryGetValue<string>(out _)),
                _ => value is JsonValue text && text.TryGetValue<string>(out _),
            };
            if (!fits) yield return new(path, $"{path} must be {setting.Type switch { "BOOLEAN" => "true or false", "ARRAY" => "a list of texts", "TEXT_MAP" => "an object of texts", _ => "a text" }}.");
        }
    }
}
