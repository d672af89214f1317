package dev.lathe.kernel.dispatch;

import dev.lathe.cpu.Isa;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that the build repeats once per tier, with {@value KernelSelector#PROPERTY} forcing
 * the tier. Where the processor cannot run that tier they are reported as skipped, with the reason.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("isa")
@ExtendWith(PerTier.ForcedTierIsAvailable.class)
public @interface PerTier {

  /** Skips a round whose tier is unavailable here. */
  final class ForcedTierIsAvailable implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      String id = System.getProperty(KernelSelector.PROPERTY, "");
      if (id.isEmpty()) {
        return ConditionEvaluationResult.enabled("no tier is forced");
      }
      Machine.Availability tier = Machine.here().availability(Isa.parse(id));
      return tier.available()
          ? ConditionEvaluationResult.enabled(id + " is available")
          : ConditionEvaluationResult.disabled(id + " is not available", tier.why());
    }
  }
}
