package dev.lathe.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes one field somewhere in a message tree: dims, names, types, counts, presence. */
final class MessageMutator {

  private static final long[] INTEGERS = {
    0, 1, -1, 2, 7, 23, 24, 1 << 20, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final String[] NAMES = {
    "", "x", "y", "h", "w", "conv", "one", "t", "ai.onnx", "\0"
  };

  private MessageMutator() {}

  static void mutate(Message.Builder root, Random random) {
    List<Message.Builder> builders = new ArrayList<>();
    collect(root, builders);
    Message.Builder target = builders.get(random.nextInt(builders.size()));
    List<FieldDescriptor> fields = target.getDescriptorForType().getFields();
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    if (random.nextInt(4) > 0 && !target.getAllFields().isEmpty()) {
      List<FieldDescriptor> present = List.copyOf(target.getAllFields().keySet());
      field = present.get(random.nextInt(present.size()));
    }
    if (field.isRepeated()) {
      repeated(target, field, random);
    } else if (random.nextInt(6) == 0) {
      target.clearField(field);
    } else if (field.getJavaType() != JavaType.MESSAGE) {
      target.setField(field, scalar(field, random));
    }
  }

  private static void collect(Message.Builder builder, List<Message.Builder> into) {
    into.add(builder);
    for (FieldDescriptor field : builder.getAllFields().keySet()) {
      if (field.getJavaType() != JavaType.MESSAGE) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = 0; i < builder.getRepeatedFieldCount(field); i++) {
          collect(builder.getRepeatedFieldBuilder(field, i), into);
        }
      } else {
        collect(builder.getFieldBuilder(field), into);
      }
    }
  }

  private static void repeated(Message.Builder target, FieldDescriptor field, Random random) {
    int count = target.getRepeatedFieldCount(field);
    boolean message = field.getJavaType() == JavaType.MESSAGE;
    if (count == 0 || (!message && random.nextInt(4) == 0)) {
      target.addRepeatedField(
          field, message ? target.newBuilderForField(field).build() : scalar(field, random));
      return;
    }
    int at = random.nextInt(count);
    int other = random.nextInt(count);
    Object element = target.getRepeatedField(field, at);
    switch (random.nextInt(4)) {
      case 0 -> target.addRepeatedField(field, element);
      case 1 -> {
        target.setRepeatedField(field, at, target.getRepeatedField(field, other));
        target.setRepeatedField(field, other, element);
      }
      case 2 -> {
        List<Object> rest = new ArrayList<>((List<?>) target.getField(field));
        rest.remove(at);
        target.setField(field, rest);
      }
      default -> {
        if (!message) {
          target.setRepeatedField(field, at, scalar(field, random));
        }
      }
    }
  }

  private static Object scalar(FieldDescriptor field, Random random) {
    return switch (field.getJavaType()) {
      case INT -> (int) INTEGERS[random.nextInt(INTEGERS.length)];
      case LONG -> INTEGERS[random.nextInt(INTEGERS.length)];
      case FLOAT -> Float.intBitsToFloat(random.nextInt());
      case DOUBLE -> Double.longBitsToDouble(random.nextLong());
      case BOOLEAN -> random.nextBoolean();
      case STRING -> NAMES[random.nextInt(NAMES.length)];
      case BYTE_STRING ->
          random.nextBoolean() ? ByteString.EMPTY : ByteString.copyFrom(new byte[] {(byte) 0xFF});
      case ENUM -> {
        List<EnumValueDescriptor> values = field.getEnumType().getValues();
        yield values.get(random.nextInt(values.size()));
      }
      case MESSAGE -> throw new IllegalArgumentException("messages are not scalars");
    };
  }
}
